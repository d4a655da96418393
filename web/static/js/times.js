// Keeps "3 分钟前" true while a page stays open, with the wording of core/phrases.py.
const words = {
  zh_CN: { now: ["刚刚", "马上"], 60: ["%n 分钟前", "%n 分钟后"], 3600: ["%n 小时前", "%n 小时后"], 86400: ["%n 天前", "%n 天后"] },
  en: { now: ["just now", "in a moment"], 60: ["%n min ago", "in %n min"], 3600: ["%n h ago", "in %n h"], 86400: ["%n d ago", "in %n d"] },
};

/** @param {number} seconds age, negative for what is to come @param {string} locale */
export function ago(seconds, locale) {
  const own = words[locale] ?? words.zh_CN;
  const size = Math.abs(seconds);
  const which = seconds >= 0 ? 0 : 1;
  if (size < 60) return own.now[which];
  const unit = size < 3600 ? 60 : size < 86400 ? 3600 : 86400;
  return own[unit][which].replace("%n", Math.floor(size / unit));
}

export function keepTimesTrue() {
  const locale = document.body.dataset.locale;
  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const text = ago((Date.now() - Date.parse(time.dateTime)) / 1000, locale);
      if (time.textContent !== text) time.textContent = text;
    }
  }, 15_000);
}
