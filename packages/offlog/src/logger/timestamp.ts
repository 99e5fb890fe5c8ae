const two = (number: number): string => String(number).padStart(2, '0');

/** The second that was formatted last; most lines share it with the one before. */
let lastSecond = Number.NaN;
let lastText = '';

/** Local time to the millisecond, `2023-07-03 10:12:54.796`, of milliseconds since 1970. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    const date = new Date(second * 1000);
    const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    lastText = `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  }
  return `${lastText}.${String(ms - second * 1000).padStart(3, '0')}`;
}
