export default function Durations(_: { dagId: string }) {
  return null;
}
