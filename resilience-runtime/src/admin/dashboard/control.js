// ---- Manual control of the circuit, only where the server enables it.

const ACTIONS = {
  force_open: ["Force open", "Force the circuit open?", "Every call is rejected or answered by its fallback until the circuit is reset.", "danger"],
  force_closed: ["Force closed", "Force the circuit closed?", "Calls are sent again at once. Failures may open it again.", ""],
  reset: ["Reset", "Reset the circuit?", "It is closed, its counts start anew, and it decides for itself again.", ""],
  disable: ["Disable", "Disable the circuit?", "Calls are sent regardless of failures, until the circuit is reset.", "danger"],
};
const dialog = byId("ask");

function controls(name) {
  return Object.entries(ACTIONS).map(([action, [label, , , look]]) => button(label, "act " + look, () => ask(name, action)));
}

function ask(name, action) {
  const [label, question, meaning, look] = ACTIONS[action];
  const title = make("h2", "", question);
  title.id = "ask-title";
  const problem = make("p", "problem");
  problem.setAttribute("role", "alert");
  const cancel = button("Cancel", "act", () => dialog.close());
  const go = button(label, "act " + look, async () => {
    go.disabled = true;
    problem.textContent = "";
    try {
      await command(name, action);
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
    }
    go.disabled = false;
  });
  dialog.replaceChildren(title, make("p", "", make("b", "", make("bdi", "", name)), ". " + meaning), problem, make("div", "acts", cancel, go));
  dialog.showModal();
  cancel.focus();
}

async function command(name, action) {
  let answer;
  try {
    answer = await fetch(beside("services/" + encodeURIComponent(name) + "/circuit"), {
      method: "POST", headers: { "content-type": "application/json", accept: "application/json" }, body: JSON.stringify({ action }),
    });
  } catch {
    throw new Error("The server could not be reached; nothing is known to have changed.");
  }
  if (answer.ok) return;
  const said = await answer.json().catch(() => null);
  throw new Error(said?.error ? `${said.error} (${answer.status})` : answer.status === 401 || answer.status === 403 ? `Not allowed (${answer.status}).` : `The server answered ${answer.status}.`);
}
