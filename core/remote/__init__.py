"""An engine in another process, over a wire: commands and requests one way, answers and changes of views the other.

What crosses is data of a closed set of classes (`vocabulary`), as text and numbers with raw arrays beside them
(`codec`), in messages of bounded size (`wire`). Whatever comes in is hostile until it is checked: no pickle, and no
names to import.
"""
