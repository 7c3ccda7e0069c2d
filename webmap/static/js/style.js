/* The style page's own buttons. */

import { byId } from "./dom.js";
import { confirm } from "./ui/dialog.js";
import { toast } from "./ui/toast.js";
import { say } from "./words.js";

byId("show-toast").addEventListener("click", () => toast(say("Something worth knowing."), "success"));
byId("ask-first").addEventListener("click", async () => {
  if (await confirm(say("The draft and its findings will be gone."), say("Discard"))) toast(say("It is done."), "info");
});
