export default function Code(_: { dagId: string }) {
  return null;
}
