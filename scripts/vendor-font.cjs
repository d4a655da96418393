// The font of printed labels: the letters of GB 2312 and what else stands on signs, cut out of the whole Noto Sans SC.
// Called by scripts/vendor in the folder of its node_modules: node vendor-font.cjs out.ttf
const { readFileSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const subset = createRequire(join(process.cwd(), "package.json"))("subset-font");
const WHOLE = "node_modules/@expo-google-fonts/noto-sans-sc/500Medium/NotoSansSC_500Medium.ttf";
const LATIN = Array.from({ length: 95 }, (_, place) => String.fromCharCode(32 + place)).join("");
// Of building, measuring and names, where GB 2312 has none.
const BEYOND = "²³µ·×÷±°–—…㎡㎥№砼镕堃喆垚昇珺璟玥煊旻婧祎熠钰翀赟燊炘焜淏瑀琚鋆囍";

function gb2312() {
  const bytes = [];
  for (let row = 0xa1; row <= 0xf7; row++) for (let cell = 0xa1; cell <= 0xfe; cell++) bytes.push(row, cell);
  return new TextDecoder("gbk").decode(Uint8Array.from(bytes)).replace(/[\ufffd\ue000-\uf8ff]/g, "");
}

subset(readFileSync(WHOLE), LATIN + BEYOND + gb2312(), { targetFormat: "truetype" }).then((font) => writeFileSync(process.argv[2], font));
