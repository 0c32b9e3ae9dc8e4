/** The bundler puts the text of a YAML file into the code, so that the package finds it wherever it is bundled. */
declare module '*.yaml' {
  const text: string;
  export default text;
}
