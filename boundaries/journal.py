"""Words for what the audit records besides the verbs of :mod:`boundaries.review`."""

from __future__ import annotations

from boundaries import review
from geodata.errors import Text

OTHERS = {
    "init": Text("建库", "make the store"),
    "migrate": Text("升级数据库", "migrate the store"),
    "restore": Text("从备份恢复", "restore from a backup"),
    "sign_in": Text("登录", "sign in"),
    "sign_out": Text("退出登录", "sign out"),
    "log_in_failed": Text("登录失败", "a sign-in that failed"),
    "unlock": Text("解锁账号", "unlock an account"),
    "set_active": Text("启用或停用账号", "open or close an account"),
    "set_password": Text("设置密码", "set a password"),
    "set_second_factor": Text("启用动态验证码", "set up one-time codes"),
    "drop_second_factor": Text("停用动态验证码", "give up one-time codes"),
    "reset_second_factor": Text("重置动态验证码", "reset one-time codes"),
    "seal_second_factor": Text("加密动态验证码密钥", "encrypt one-time codes"),
    "use_recovery_code": Text("使用恢复码", "use a recovery code"),
    "revoke_session": Text("终止会话", "end a session"),
    "create_token": Text("新建令牌", "make a token"),
    "revoke_token": Text("撤销令牌", "revoke a token"),
    "begin_upload": Text("开始上传", "begin an upload"),
    "drop_upload": Text("取消上传", "drop an upload"),
    "read_upload": Text("读取上传文件", "read an upload"),
    "read_original": Text("取出原始文件", "take out an original"),
    "begin_edit": Text("开始编辑", "begin to edit"),
    "edit": Text("编辑", "edit"),
    "note_draft": Text("修改草稿说明", "change a draft's words"),
    "undo_repair": Text("撤销修复", "take repairs back"),
    "rebase": Text("换底", "rebase a draft"),
    "conflict": Text("发现冲突", "meet a conflict"),
    "start_job": Text("开始任务", "start a job"),
    "cancel_job": Text("取消任务", "cancel a job"),
    "change_setting": Text("修改设置", "change a setting"),
    "set_notice": Text("修改各页说明", "change the notice"),
    "verify_backup": Text("核验备份", "verify a backup"),
    "forget_backup": Text("清理旧备份", "remove an old backup"),
    "anchor_audit": Text("导出审计锚点", "export the anchor"),
    "export_audit": Text("导出审计记录", "export of the audit"),
    "request_export": Text("申请导出", "ask for an export"),
    "download_export": Text("下载导出文件", "fetch an export"),
    "save_scenario": Text("保存方案", "save a scenario"),
    "change_scenario": Text("修改方案内容", "change what a scenario does"),
    "rename_scenario": Text("修改方案名称", "rename a scenario"),
    "submit_scenario": Text("提交方案", "submit a scenario"),
    "withdraw_scenario": Text("撤回方案", "withdraw a scenario"),
    "discard_scenario": Text("作废方案", "discard a scenario"),
    "approve_scenario": Text("批准方案", "approve a scenario"),
    "return_scenario": Text("退回方案", "return a scenario"),
    "comment_scenario": Text("对方案留言", "comment on a scenario"),
    "export_scenario": Text("导出方案", "export a scenario"),
    "siting": Text("选址计算", "find where to build"),
    "export_siting": Text("导出选址结果", "export a siting answer"),
    "coverage_sheet": Text("绘制覆盖图件", "draw a sheet of coverage"),
    "save_indicator": Text("填报指标数据", "enter a record of indicators"),
    "drop_indicator": Text("删除指标数据", "take away a record of indicators"),
    "adopt_plan": Text("采用规划目标", "adopt the targets of the plan"),
    "import_indicators": Text("导入指标表", "import a table of indicators"),
    "save_template": Text("修改网络模板", "change a network template"),
    "drop_template": Text("删除网络模板", "take away a network template"),
    "save_options": Text("修改指标口径", "change the choices of indicators"),
    "export_indicators": Text("导出指标", "export indicators"),
}


def label(verb: str) -> Text | None:
    """Return the words for a verb of the audit, None when there are none."""
    if verb in OTHERS:
        return OTHERS[verb]
    try:
        return review.verb(verb).label
    except KeyError:
        return None


def labels() -> dict[str, Text]:
    """Return the words of every verb, by verb."""
    return {verb.name: verb.label for verb in review.VERBS} | OTHERS
