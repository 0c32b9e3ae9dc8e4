/** The bundler puts the text of such a file into the code, so that the package finds it wherever it is bundled. */
declare module '*.yaml' {
  const text: string;
  export default text;
}

declare module '*.jsonl' {
  const text: string;
  export default text;
}
