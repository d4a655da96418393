// Finds QR codes in pictures: by the browser's own detector where it works, else by ZXing compiled to WebAssembly, which
// is fetched only then. Android's detector belongs to Google's services: on phones without them it is there and fails.

/** @typedef {(picture: ImageBitmapSource) => Promise<string[]>} Decoder */

/** @param {{ script: string, wasm: string }} addresses @returns {Promise<Decoder>} */
export async function makeDecoder(addresses) {
  const own = await builtIn();
  let detecting = own ? Promise.resolve(own) : compiled(addresses);
  await detecting;
  return async (picture) => {
    const detector = await detecting;
    try {
      return texts(await detector.detect(picture));
    } catch (error) {
      if (detector !== own) throw error;
      detecting = compiled(addresses);
      return texts(await (await detecting).detect(picture));
    }
  };
}

function texts(codes) {
  return codes.map((code) => code.rawValue);
}

async function builtIn() {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  return formats?.includes("qr_code") ? new globalThis.BarcodeDetector({ formats: ["qr_code"] }) : null;
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
  return new BarcodeDetector({ formats: ["qr_code"] });
}
