// The back button of a phone: closes the chat that fills the screen, instead of leaving the page.

/** A key in the state of the history's entry that stands for the open chat. */
const KEY = "klantkompas";

function isMarked(): boolean {
  return typeof history.state === "object" && history.state !== null && KEY in history.state;
}

/** Adds an entry to go back from. It keeps the state of the page's own entry, which the site may need. */
export function addEntry(): void {
  if (!isMarked()) history.pushState({ ...(history.state as object | null), [KEY]: "open" }, "");
}

/** Takes the entry away, if the visitor has not gone back from it. */
export function removeEntry(): void {
  if (isMarked()) history.back();
}

/** Calls back when the visitor went back from the entry. */
export function onBack(callback: () => void): void {
  addEventListener("popstate", () => {
    if (!isMarked()) callback();
  });
}
