import ts from 'typescript';

/**
 * Every string in a source (or JSON) file that could name a module, as `{ text, line, isImport }`. All strings are
 * looked at, because `require`, `import.meta.resolve`, a mock or a variable can name a module as well as an import can.
 */
export function sourceReferences(path, content) {
  const source = ts.createSourceFile(path, content, ts.ScriptTarget.Latest, true);
  const references = [];
  const add = (text, position, isImport) =>
    references.push({ text, line: source.getLineAndCharacterOfPosition(position).line + 1, isImport });
  for (const directive of [...source.referencedFiles, ...source.typeReferenceDirectives]) {
    add(directive.fileName, directive.pos, true);
  }
  const visit = (node) => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node))
      add(node.text, node.getStart(source), isImported(node));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return references;
}

function isImported(node) {
  const { parent } = node;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isExternalModuleReference(parent))
    return true;
  if (ts.isLiteralTypeNode(parent)) return ts.isImportTypeNode(parent.parent);
  const call = ts.isTemplateExpression(parent) ? parent.parent : parent;
  if (!ts.isCallExpression(call)) return false;
  const { expression } = call;
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require')
  );
}
