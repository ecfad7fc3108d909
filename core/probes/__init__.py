"""What can be read off one snapshot: each file has a look (a request), what it returns, and how that is made."""
