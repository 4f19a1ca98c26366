// Keeps the reader's place, says what happens, and fits the page on paper. Streamlit drops the focus whenever a
// page is switched and whenever a button removes or disables itself, opens popovers at the end of the document
// without going there, and announces neither the progress of work nor its end (1.67).
// It drops a script, too, in which a letter follows on "less than", as in a tag.
(() => {
  if (window.aliquotFocus) return; // the page was drawn again; the listeners are there
  window.aliquotFocus = true;
  const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])';
  const PAPER = { width: 700, height: 1040, least: 0.38 }; // A4 within its margins, in pixels of CSS
  const main = () => document.querySelector('[data-testid="stMain"]');
  const nowhere = () => document.activeElement === null || document.activeElement === document.body;

  // ---- where the focus was, and where it goes when that place is gone ----
  let last = null; // the element that had the focus, and what it stood in, from within
  let around = [];
  let path = location.pathname;
  let looks = 0;

  function keyOf(one) {
    return [...one.classList].find((name) => name.startsWith("st-key-")) || "";
  }

  function usable(one) {
    // What stands in a closed expander has boxes, and is not shown.
    return !one.disabled && one.checkVisibility();
  }

  function go(one) {
    if (!one.matches(FOCUSABLE)) one.tabIndex = -1;
    one.focus({ preventScroll: true });
  }

  document.addEventListener("focusin", (event) => {
    last = event.target;
    around = [];
    for (let one = last; one && one !== document.body; one = one.parentElement) around.push([one, keyOf(one)]);
  });

  function keepPlace() {
    if (location.pathname !== path) {
      path = location.pathname;
      const at = document.activeElement;
      last = null;
      if (main() && (nowhere() || at.closest(".st-key-frame_menu"))) go(main());
      return;
    }
    // What had the focus may be there and not be shown: a card that is folded away by its own click.
    if (!last || !nowhere() || (last.isConnected && usable(last))) {
      looks = 0;
      return;
    }
    const app = document.querySelector('[data-testid="stApp"]');
    looks += 1;
    if (app && app.dataset.testScriptState !== "notRunning" && looks < 25) return; // it may be drawn again
    looks = 0;
    // The same widget drawn anew, else the nearest thing left of what it stood in: Tab goes on from there.
    const key = around.map(([, name]) => name).find((name) => name);
    const again = key && document.querySelector("." + CSS.escape(key));
    const same = again && [...again.querySelectorAll(FOCUSABLE)].find(usable);
    const left = around.slice(1).map(([one]) => one).find((one) => one.isConnected && usable(one));
    // Where nothing that had a name is left, the page shows something else: it is read from its start.
    const named = around.map(([, name]) => name).filter((name) => name);
    const seen = (name) => [...document.querySelectorAll("." + CSS.escape(name))].some(usable);
    const gone = named.length > 0 && !named.some(seen);
    last = null;
    if (same) go(same);
    else if (!gone && left && left !== document.getElementById("root")) go(left);
    else if (main()) go(main());
  }

  // ---- popovers: go in when one opens, and come back to its button ----
  let opener = null;

  function popover() {
    return document.querySelector('[data-testid="stPopoverBody"]');
  }

  document.addEventListener("keydown", (event) => {
    const at = document.activeElement;
    if ((event.key === "Enter" || event.key === " ") && at.closest('[data-testid="stPopover"]')) {
      opener = at;
      return;
    }
    const body = popover();
    if (event.key !== "Tab" || !opener || !body || !body.contains(at)) return;
    const inside = [...body.querySelectorAll(FOCUSABLE)].filter(usable);
    const end = event.shiftKey ? inside[0] : inside[inside.length - 1];
    if (inside.length > 0 && at !== end && at !== body) return;
    if (at === body && !event.shiftKey && inside.length > 0) return;
    if (event.shiftKey) event.preventDefault();
    opener.focus(); // without Shift the key itself goes on from here
  }, true);

  function enterPopover() {
    const body = popover();
    if (opener && body && document.activeElement === opener && !body.dataset.entered) {
      body.dataset.entered = "yes";
      go([...body.querySelectorAll(FOCUSABLE)].find(usable) || body);
    }
  }

  // ---- over what stands before the work of a page ----
  const target = (link) => document.querySelector("." + CSS.escape(link.getAttribute("href").slice(1)));

  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest(".aliquot-skip");
    if (!link) return;
    event.preventDefault();
    const there = target(link);
    if (!there) return;
    go(there);
    there.scrollIntoView({ block: "start" });
  });

  function offerSkips() {
    for (const link of document.querySelectorAll(".aliquot-skip")) {
      if (link.hidden !== !target(link)) link.hidden = !link.hidden;
    }
  }

  // ---- what happens, read out ----
  const voice = document.createElement("div");
  voice.setAttribute("role", "status");
  voice.id = "aliquot-voice";
  document.body.append(voice);

  function speak() {
    const words = document.querySelector(".aliquot-now");
    const text = words ? words.textContent : "";
    if (voice.textContent !== text) voice.textContent = text;
  }

  // ---- paper ----
  window.addEventListener("beforeprint", () => {
    const block = document.querySelector('[data-testid="stMainBlockContainer"]');
    if (!block) return;
    const wide = PAPER.width / block.scrollWidth;
    const high = Math.max(PAPER.height / block.scrollHeight, PAPER.least);
    block.style.setProperty("--print-zoom", String(Math.min(1, wide, high)));
  });

  setInterval(() => {
    keepPlace();
    enterPopover();
    offerSkips();
    speak();
  }, 120);
})();
