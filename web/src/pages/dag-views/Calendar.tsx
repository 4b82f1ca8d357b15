export default function Calendar(_: { dagId: string }) {
  return null;
}
