import { createSpotlight } from "@mantine/spotlight";

// Whether the palette is open; the palette itself is loaded after the page.
export const [paletteStore, palette] = createSpotlight();
