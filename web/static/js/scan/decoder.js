// Finds QR codes in pictures: by the browser's own detector where it has one, else by ZXing compiled to WebAssembly,
// which is fetched only then.

/** @typedef {(picture: ImageBitmapSource) => Promise<string[]>} Decoder */

/** @param {{ script: string, wasm: string }} addresses @returns {Promise<Decoder>} */
export async function makeDecoder(addresses) {
  const Detector = (await builtIn()) ?? (await compiled(addresses));
  const detector = new Detector({ formats: ["qr_code"] });
  return async (picture) => (await detector.detect(picture)).map((code) => code.rawValue);
}

async function builtIn() {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  return formats?.includes("qr_code") ? globalThis.BarcodeDetector : null;
}

async function compiled({ script, wasm }) {
  const element = document.createElement("script");
  element.src = script;
  await new Promise((done, failed) => {
    element.addEventListener("load", done);
    element.addEventListener("error", () => failed(new Error("decoder")));
    document.head.append(element);
  });
  const { BarcodeDetector, prepareZXingModule } = globalThis.BarcodeDetectionAPI;
  const locateFile = (path, prefix) => (path.endsWith(".wasm") ? wasm : prefix + path);
  await prepareZXingModule({ overrides: { locateFile }, fireImmediately: true });
  return BarcodeDetector;
}
