const ts = require('typescript');

/** Bundled code without the block comments in it, which esbuild keeps in classes: they are a tenth of what is downloaded. */
exports.withoutDocComments = function withoutDocComments(code) {
	const source = ts.createSourceFile('bundle.js', code, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
	/** Where each ends, by where its line begins. */
	const ends = new Map();
	const visit = (node) => {
		for (const { kind, pos, end } of ts.getLeadingCommentRanges(code, node.pos) ?? []) {
			const lineStart = code.lastIndexOf('\n', pos) + 1;
			const isAlone = code.slice(lineStart, pos).trim() === '' && code[end] === '\n';
			if (kind === ts.SyntaxKind.MultiLineCommentTrivia && isAlone) ends.set(lineStart, end + 1);
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	let kept = '';
	let from = 0;
	for (const [start, end] of [...ends].sort(([a], [b]) => a - b)) {
		kept += code.slice(from, start);
		from = end;
	}
	return kept + code.slice(from);
};
