// The server's clock, by which running things are timed: its offset from this browser's.
let offset = 0;

export const clock = {
  told(now: string) { offset = new Date(now).getTime() - Date.now(); },
  now: () => Date.now() + offset,
};
