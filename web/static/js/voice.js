// A spoken word in a form: one button records it. Without this script the field is a plain file field, for which a
// phone's own recorder gives a file.
const LONGEST_MS = 60_000;
const KINDS = ["audio/webm;codecs=opus", "audio/webm", "audio/mp4", "audio/ogg"];

function button(words, className) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = words;
  return made;
}

/** Record into the field's own file input, so that the form sends it like any file. @param {HTMLElement} field */
function record(field) {
  const input = field.querySelector("input[type=file]");
  const controls = field.querySelector(".voice-controls");
  const words = field.dataset;
  const main = button(words.record, "button is-quiet voice-record");
  const said = document.createElement("p");
  said.className = "voice-said";
  said.setAttribute("role", "status");
  const player = document.createElement("audio");
  player.controls = true;
  player.hidden = true;
  const remove = button(words.remove, "button is-quiet");
  remove.hidden = true;
  controls.append(main, said, player, remove);
  controls.hidden = false;
  field.classList.add("is-lively");
  /** @type {MediaRecorder | null} */
  let recorder = null;
  let ticking = 0;

  const put = (file) => {
    const transfer = new DataTransfer();
    if (file) transfer.items.add(file);
    input.files = transfer.files;
    if (player.src) URL.revokeObjectURL(player.src);
    if (file) player.src = URL.createObjectURL(file);
    else player.removeAttribute("src");
    player.hidden = remove.hidden = !file;
    main.textContent = file ? words.again : words.record;
  };
  const stop = () => recorder?.state === "recording" && recorder.stop();
  const start = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    const parts = [];
    recorder = new MediaRecorder(stream, { ...(mimeType && { mimeType }), audioBitsPerSecond: 32_000 });
    recorder.addEventListener("dataavailable", (event) => event.data.size > 0 && parts.push(event.data));
    recorder.addEventListener("stop", () => {
      clearInterval(ticking);
      for (const track of stream.getTracks()) track.stop();
      said.textContent = "";
      field.classList.remove("is-recording");
      const type = recorder.mimeType.split(";")[0];
      put(parts.length ? new File(parts, `voice.${type.split("/")[1]}`, { type }) : null);
      recorder = null;
    });
    const since = Date.now();
    ticking = setInterval(() => {
      const ms = Date.now() - since;
      said.textContent = `${Math.floor(ms / 1000)} s / ${LONGEST_MS / 1000} s`;
      if (ms >= LONGEST_MS) stop();
    }, 250);
    recorder.start(1000);
    field.classList.add("is-recording");
    main.textContent = words.stop;
  };
  main.addEventListener("click", () => {
    if (recorder) stop();
    else start().catch(() => (said.textContent = words.refused));
  });
  remove.addEventListener("click", () => put(null));
}

if (window.MediaRecorder && navigator.mediaDevices) for (const field of document.querySelectorAll(".voice-field")) record(field);
