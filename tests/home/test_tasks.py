"""What waits for a person stands in the order in which it burns, and nothing gets lost in the sorting."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.home.tasks import Task, TaskKind, sort_tasks

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
DAY_ENDS = datetime(2026, 11, 26, 16, tzinfo=UTC)
_dues = st.none() | st.integers(-100, 100).map(lambda hours: NOW + timedelta(hours=hours))
_tasks = st.lists(st.builds(Task, st.sampled_from(TaskKind), url=st.just("/"), title=st.text(), due_at=_dues))


@given(_tasks)
def test_each_task_stands_once_where_its_time_puts_it(tasks: list[Task]) -> None:
    waiting = sort_tasks(tasks, NOW, DAY_ENDS)
    everything = [*waiting.late, *waiting.today, *waiting.later]
    assert sorted(map(repr, everything)) == sorted(map(repr, tasks))
    assert len(waiting) == len(tasks)
    assert all(task.due_at and task.due_at < NOW for task in waiting.late)
    assert all(task.due_at and NOW <= task.due_at < DAY_ENDS for task in waiting.today)
    times = [task.due_at for task in everything if task.due_at]
    assert times == sorted(times)
    assert None not in [task.due_at for task in waiting.later[: len(times) - len(waiting.late) - len(waiting.today)]]


@given(_tasks)
def test_what_goes_on_right_now_stands_first_of_the_day_in_its_own_order(tasks: list[Task]) -> None:
    burning = [Task(TaskKind.INCIDENT, f"/incidents/{n}", "泄漏", burns=True) for n in range(2)]
    waiting = sort_tasks([*tasks, *burning], NOW, DAY_ENDS)
    assert waiting.today[:2] == burning
    assert len(waiting) == len(tasks) + 2
