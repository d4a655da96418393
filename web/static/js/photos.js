// Photos of a form: one after the other, each seen before it is sent, and made small enough for a plant's network.
// Without this script the field is a plain file field, and the server makes them small.
const LONGEST_SIDE = 2560;
const QUALITY = 0.85;
const LARGE_BYTES = 1_500_000;
const PREVIEW_SIDE = 208;
const REMOVE = document.body.dataset.locale === "en" ? "Remove" : "删除";

/** @param {ImageBitmap} bitmap @param {number} longest */
function drawn(bitmap, longest) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The photo to send: `file` itself when it is small or can't be made smaller. @param {File} file @param {ImageBitmap} bitmap */
async function small(file, bitmap) {
  if (file.size <= LARGE_BYTES && Math.max(bitmap.width, bitmap.height) <= LONGEST_SIDE) return file;
  const canvas = drawn(bitmap, LONGEST_SIDE);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob || blob.size >= file.size) return file;
  return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
}

/** @param {File[]} files */
function together(files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  return transfer.files;
}

/** A field with `data-draws` also lets one draw on a copy. @param {HTMLElement} field */
function enliven(field) {
  const input = field.querySelector("input[type=file]");
  const previews = field.querySelector(".photo-previews");
  const most = Number(field.dataset.most);
  /** @type {{file: File, box: HTMLElement, drawn?: File}[]} `drawn`: the copy that somebody drew on */
  let kept = [];

  const sync = () => {
    input.files = together(kept.map(({ file, drawn }) => drawn ?? file));
    if (!field.dataset.draws) return;
    const indexes = [...kept.keys()].filter((index) => kept[index].drawn);
    field.querySelector("[name=originals]").files = together(indexes.map((index) => kept[index].file));
    field.querySelector("[name=drawn]").value = indexes.join(",");
  };

  /** Drawing begins anew on the photo as it was taken. */
  const draw = async (photo) => {
    const { annotate } = await import("./annotate.js");
    const copy = await annotate(photo.file);
    if (!copy) return;
    photo.drawn = copy;
    const bitmap = await createImageBitmap(copy);
    photo.box.querySelector("canvas").replaceWith(drawn(bitmap, PREVIEW_SIDE));
    bitmap.close();
    sync();
  };

  const add = async (file) => {
    const box = document.createElement("div");
    box.className = "photo-preview";
    const words = document.createElement("span");
    words.textContent = file.name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "✕";
    remove.setAttribute("aria-label", `${REMOVE} ${file.name}`);
    box.append(words, remove);
    previews.append(box);
    const photo = { file, box };
    kept.push(photo);
    remove.addEventListener("click", () => {
      kept = kept.filter((other) => other !== photo);
      box.remove();
      sync();
    });
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
    if (!bitmap) return;
    words.replaceWith(drawn(bitmap, PREVIEW_SIDE));
    photo.file = await small(file, bitmap);
    bitmap.close();
    if (!field.dataset.draws) return;
    const pen = document.createElement("button");
    pen.type = "button";
    pen.className = "photo-draw";
    pen.textContent = "✎";
    pen.setAttribute("aria-label", `${field.dataset.draws} ${file.name}`);
    pen.addEventListener("click", () => draw(photo).catch((error) => console.warn("annotate", error)));
    box.append(pen);
  };

  input.addEventListener("change", async () => {
    const taken = [...input.files].slice(0, most - kept.length);
    const added = taken.map(add);
    sync();
    await Promise.all(added);
    sync();
  });
  field.classList.add("is-lively");
}

for (const field of document.querySelectorAll(".photo-field")) enliven(field);
