// The install page: keeps the preview and the line up to date while one types, and copies the line.

const form = document.querySelector<HTMLFormElement>("#form");

function find<T extends HTMLElement>(selector: string, root: ParentNode = document): T {
  return root.querySelector(selector) as T;
}

/** Asks the server what the form means, and shows its answer: nothing is decided here. */
async function update(form: HTMLFormElement, signal: AbortSignal): Promise<void> {
  const query = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
  const address = `/install?${query.toString()}`;
  const response = await fetch(address, { signal });
  if (!response.ok) return;
  const answer = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of ["#outcome", "#notice", "#steps"]) find(part).replaceWith(find(part, answer));
  for (const wrong of form.querySelectorAll(".wrong")) {
    const text = find(`#${wrong.id}`, answer).textContent ?? "";
    const field = find<HTMLInputElement>(`#${wrong.id.replace("wrong-", "")}`);
    if (wrong.textContent !== text) wrong.textContent = text;
    if (text) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  const shown = find<HTMLIFrameElement>("#preview");
  const wanted = find("#preview", answer).getAttribute("src") ?? "";
  if (shown.getAttribute("src") !== wanted) shown.src = wanted;
  history.replaceState(null, "", address);
}

function copy(): void {
  const line = find("#line");
  const said = find("#copied");
  navigator.clipboard.writeText(line.textContent ?? "").then(
    () => (said.textContent = said.dataset["done"] ?? ""),
    () => {
      getSelection()?.selectAllChildren(line);
      said.textContent = said.dataset["failed"] ?? "";
    },
  );
  setTimeout(() => (said.textContent = ""), 6000);
}

if (form) {
  let timer = 0;
  let asking = new AbortController();
  const pick = find<HTMLInputElement>("#pick");
  const accent = find<HTMLInputElement>("#accent");
  find("#apply").hidden = true;
  find("#copy").hidden = false;
  pick.hidden = false;
  find("#copy").addEventListener("click", copy);
  pick.addEventListener("input", () => (accent.value = pick.value));
  form.addEventListener("input", () => {
    clearTimeout(timer);
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    timer = window.setTimeout(() => {
      if (/^#[0-9a-f]{6}$/i.test(accent.value)) pick.value = accent.value;
      update(form, signal).catch((error: Error) => {
        if (error.name !== "AbortError") find("#apply").hidden = false; // without a connection: by hand
      });
    }, 350);
  });
} else {
  // The preview: here an invitation may come again.
  sessionStorage.removeItem("klantkompas invited");
  localStorage.removeItem("klantkompas no-invitation");
}
