"""Tasks: what waits for the caller's organisations, as the worker last found it."""

from webui import access
from webui.access import get_caller
from webui.api.runtime_of import get_runtime
from webui.people.notices import list_notices
from webui.routes import Routes
from webui.schemas.tokens import Task, TaskList, TaskListSchema

routes = Routes("tasks", "What waits for whom")


@routes.route("GET /me/tasks", access.CALLERS, answer=TaskListSchema)
def list_tasks() -> TaskList:
    """List what waits for the caller's organisations, the earliest first."""
    with get_runtime().reading() as connection:
        found = [
            Task(member.network, notice)
            for member in get_caller().members
            for notice in list_notices(connection, member.log_id, member.organisation)
        ]
    return TaskList(sorted(found, key=lambda task: task.notice.due_at))
