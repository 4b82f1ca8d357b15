export default function Details(_: { dagId: string }) {
  return null;
}
