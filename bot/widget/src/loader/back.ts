// The back button of a phone: closes the chat that fills the screen, instead of leaving the page.

/** A key in the state of the history's entry that stands for the open chat. */
const KEY = "klantkompas";

/** Whether the visitor is at that entry, also after a reload. */
let entered = isMarked();

function isMarked(): boolean {
  return typeof history.state === "object" && history.state !== null && KEY in history.state;
}

/** Adds an entry to go back from. It keeps the state of the page's own entry, which the site may need. */
export function addEntry(): void {
  if (!isMarked()) history.pushState({ ...(history.state as object | null), [KEY]: "open" }, "");
  entered = true;
}

/** Takes the entry away, if the visitor has not gone back from it. */
export function removeEntry(): void {
  if (entered && isMarked()) history.back();
  entered = false;
}

/** Calls back when the visitor goes back from the entry; what else happens in the history is the site's. */
export function onBack(callback: () => void): void {
  addEventListener("popstate", () => {
    if (entered && !isMarked()) callback();
  });
}
