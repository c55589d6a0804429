// A style sheet as text, for a constructed style sheet: see build.mjs.
declare module "*.css" {
  const text: string;
  export default text;
}
