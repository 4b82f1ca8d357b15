// As programs write it.
export const beginOf = (id: string) => `gale_${id}…`;
export const curlWith = (token: string) => `curl -H "Authorization: Bearer ${token}" ${location.origin}/api/v2/dags`;
