/** The whole body; `null` where it is larger. No more than that is ever held, whatever the request says of its length. */
export async function wholeBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const length = request.headers.get('content-length');
  if (Number(length ?? 0) > maxBytes) return null;
  // Of a body with a length Node takes no more than that, and reads it faster at once. One with both is no request to Node.
  if (length !== null) return new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = request.body?.getReader();
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    bytes += read.value.length;
    if (bytes > maxBytes) {
      await reader?.cancel();
      return null;
    }
    chunks.push(read.value);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
