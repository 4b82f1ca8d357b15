import { MantineProvider, createTheme } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { ApiError } from "../api/client";
import { Sprite } from "../components/Sprite";
import { useSettings } from "./settings";
import { router } from "./router";

const ink = ["#f4f6f5", "#eceFee", "#dde3e1", "#bfc9c6", "#7f8b88", "#5b6966", "#43524f", "#2a3836", "#12201f", "#0b1414"] as const;
const theme = createTheme({
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--mono)",
  primaryColor: "ink",
  primaryShade: { light: 8, dark: 0 },
  colors: { ink },
  defaultRadius: 6,
  respectReducedMotion: true,
});

// The stream tells what has changed: nothing is stale by age, or read again because a window has the focus.
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Infinity,
      gcTime: 60_000,
      refetchOnMount: "always",
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: (failures, error) => error instanceof ApiError && (error.status === 0 || error.status >= 502) && failures < 20,
      retryDelay: (failures) => Math.min(250 * 2 ** failures, 3000),
    },
  },
});

export function App() {
  const { theme: scheme, language, zone } = useSettings();
  return (
    <MantineProvider theme={theme} forceColorScheme={scheme}>
      <QueryClientProvider client={client}>
        <Sprite />
        <RouterProvider key={`${language} ${zone}`} router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
