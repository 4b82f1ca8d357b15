// Times as they are typed: the wall clock of a zone, and back.

// "2026-11-28T18:00:00" of an instant there; undefined: not a time.
export function toZoned(iso: string, zone: string): string | undefined {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return undefined;
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).formatToParts(time).map((part) => [part.type, part.value]));
  return `${parts.year!.padStart(4, "0")}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}`;
}

// The instant, with the zone's offset then: "2026-11-28T18:00:00+09:00". An hour that the zone's clock skips is the one after it.
export function fromZoned(local: string, zone: string): string | undefined {
  const wall = Date.parse(`${local}Z`);
  if (Number.isNaN(wall)) return undefined;
  let at = wall;
  for (let pass = 0; pass < 2; pass += 1) at = wall - offsetAt(at, zone);
  const minutes = offsetAt(at, zone) / 60_000;
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  return `${toZoned(new Date(at).toISOString(), zone)}${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}
const offsetAt = (at: number, zone: string) => Date.parse(`${toZoned(new Date(at).toISOString(), zone)}Z`) - Math.floor(at / 1000) * 1000;
