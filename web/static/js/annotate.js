// Draws on a copy of a photo: an arrow or a circle shows what is meant, a blur hides a face. One finger, big buttons,
// undo. The picture it is given stays as it is.
const WORDS = {
  zh_CN: { arrow: "箭头", circle: "画圈", blur: "打码", undo: "撤销", done: "完成", cancel: "取消", title: "在照片上画" },
  en: { arrow: "Arrow", circle: "Circle", blur: "Blur", undo: "Undo", done: "Done", cancel: "Cancel", title: "Draw on the photo" },
}[document.body.dataset.locale === "en" ? "en" : "zh_CN"];
const LONGEST_SIDE = 2048;
const QUALITY = 0.88;
const COLOUR = "#ff2d20";
const HALO = "#ffffff";
const BLOCKS = 12; // a blurred part is made of so many blocks along its longer side: no face is left in them

/** @typedef {{tool: "arrow" | "circle" | "blur", from: [number, number], to: [number, number]}} Mark */

const box = ({ from, to }) => [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];

function stroked(context, width, path) {
  for (const [colour, extra] of [[HALO, width], [COLOUR, 0]]) {
    context.strokeStyle = colour;
    context.lineWidth = width + extra;
    context.beginPath();
    path();
    context.stroke();
  }
}

function arrow(context, { from, to }, width) {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const barb = width * 5;
  stroked(context, width, () => {
    context.moveTo(...from);
    context.lineTo(...to);
    for (const turn of [-0.5, 0.5]) {
      context.moveTo(...to);
      context.lineTo(to[0] - barb * Math.cos(angle + turn), to[1] - barb * Math.sin(angle + turn));
    }
  });
}

function circle(context, mark, width) {
  const [x, y, w, h] = box(mark);
  stroked(context, width, () => context.ellipse(x + w / 2, y + h / 2, w / 2, h / 2, 0, 0, 2 * Math.PI));
}

/** Coarse blocks in the place of what was there, so that nothing can be won back. */
function blur(context, mark) {
  const [x, y, w, h] = box(mark).map(Math.round);
  if (w < 2 || h < 2) return;
  const scale = BLOCKS / Math.max(w, h);
  const small = document.createElement("canvas");
  small.width = Math.max(1, Math.round(w * scale));
  small.height = Math.max(1, Math.round(h * scale));
  small.getContext("2d").drawImage(context.canvas, x, y, w, h, 0, 0, small.width, small.height);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, small.width, small.height, x, y, w, h);
  context.imageSmoothingEnabled = true;
}

const DRAW = { arrow, circle, blur };

function button(words, className, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.className = className;
  made.addEventListener("click", press);
  return made;
}

/** Let somebody draw on `file`. @param {File} file @returns {Promise<File | null>} the copy; null when nothing was drawn */
export async function annotate(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.lineCap = "round";
  const width = Math.max(3, Math.max(canvas.width, canvas.height) / 160);
  /** @type {Mark[]} */
  const marks = [];
  /** @type {Mark["tool"]} */
  let tool = "arrow";
  /** @type {Mark | null} */
  let drawing = null;

  const redraw = () => {
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    // What hides comes first, so that an arrow stays visible over it.
    const all = drawing ? [...marks, drawing] : marks;
    for (const mark of all.filter((each) => each.tool === "blur")) DRAW.blur(context, mark);
    for (const mark of all.filter((each) => each.tool !== "blur")) DRAW[mark.tool](context, mark, width);
    undo.disabled = marks.length === 0;
  };
  /** @param {PointerEvent} event @returns {[number, number]} */
  const place = (event) => {
    const seen = canvas.getBoundingClientRect();
    return [((event.clientX - seen.left) * canvas.width) / seen.width, ((event.clientY - seen.top) * canvas.height) / seen.height];
  };

  const dialog = document.createElement("dialog");
  dialog.className = "annotate";
  dialog.setAttribute("aria-label", WORDS.title);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", WORDS.title);
  const tools = document.createElement("div");
  tools.className = "annotate-tools";
  const chosen = Object.keys(DRAW).map((name) => {
    const one = button(WORDS[name], "button is-quiet", () => {
      tool = name;
      for (const each of chosen) each.setAttribute("aria-pressed", String(each === one));
    });
    one.setAttribute("aria-pressed", String(name === tool));
    return one;
  });
  const undo = button(WORDS.undo, "button is-quiet", () => {
    marks.pop();
    redraw();
  });
  tools.append(...chosen, undo);
  const ends = document.createElement("div");
  ends.className = "annotate-tools";
  ends.append(
    button(WORDS.cancel, "button is-quiet", () => dialog.close("")),
    button(WORDS.done, "button", () => dialog.close("done")),
  );
  dialog.append(canvas, tools, ends);

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    drawing = { tool, from: place(event), to: place(event) };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    drawing.to = place(event);
    redraw();
  });
  const lift = () => {
    if (drawing && Math.hypot(...box(drawing).slice(2)) > width * 2) marks.push(drawing); // a mere touch is no mark
    drawing = null;
    redraw();
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);

  document.body.append(dialog);
  redraw();
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  dialog.remove();
  bitmap.close();
  if (dialog.returnValue !== "done" || marks.length === 0) return null;
  const blob = await new Promise((made) => canvas.toBlob(made, "image/jpeg", QUALITY));
  return blob && new File([blob], file.name.replace(/\.\w+$/, "") + "-1.jpg", { type: "image/jpeg" });
}
