"""``worker``: the process that does the jobs, run by itself."""

from __future__ import annotations

import logging

from boundaries.console import Command, Result, Run, command
from geodata.errors import Text


@command(
    "worker",
    Text(
        "办理排队的任务（读取、建草稿、检查、发布……）。\n\nquhua serve 会自动启动；"
        "只在另设处理进程时使用。按 Ctrl+C 停止。",
        "Do the jobs that are queued (read, stage, check, publish …).\n\nquhua serve "
        "starts one by itself; use this to run it elsewhere. Ctrl+C ends it.",
    ),
)
def worker(run: Run) -> Result:
    """Work until told to stop."""
    from boundaries.jobs.runner import serve

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("huey").setLevel(logging.WARNING)
    registry = run.registry(local=False)
    run.say(Text("正在等待任务，按 Ctrl+C 停止。", "Waiting for jobs; Ctrl+C ends."))
    serve(registry)
    return Result({"worker": "stopped"}, [Text("已停止。", "Stopped.")])


COMMANDS: tuple[Command, ...] = (worker,)
"""Every command of this module."""
