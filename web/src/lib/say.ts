// Tells a screen reader what came of something that its user asked for.
export function say(text: string) {
  const place = document.getElementById("said");
  if (place) place.textContent = text;
}
