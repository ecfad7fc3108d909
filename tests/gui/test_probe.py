from time import perf_counter
def test_a(desk_window):
    t = perf_counter()
    stage = desk_window()
    print("open", perf_counter() - t)
    t = perf_counter()
    stage.key("Space")
    stage.until(stage.stepped(300))
    print("300", perf_counter() - t, [r.view.status.step for r in stage.desk.runs])
    stage.key("Space")
    stage.until(stage.all_are("paused"))
    print(stage.pictures().keys())
def test_b(desk_window):
    t = perf_counter()
    stage = desk_window()
    print("open", perf_counter() - t)
