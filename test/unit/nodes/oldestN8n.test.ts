import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

const root = join(__dirname, '..', '..', '..');

/** A line of a node each, and what is said of it where n8n is too old for it. */
const NEWER = [
	['context.getWorkflowSettings();', "'getWorkflowSettings' does not exist"],
	['void context.saveFailedExecution;', "'saveFailedExecution' does not exist"],
	['context.helpers.getSecureEgressFilter();', "'getSecureEgressFilter' does not exist"],
	["context.emit([], undefined, undefined, 'key');", 'Expected 1-3 arguments'],
	["new n8n.NodeApiError(context.getNode(), {}, { failure: { cause: 'rate-limited' } });", "'failure' does not exist"],
] as const;

/** What the compiler says of a node that holds these lines, with one of our configurations. */
function complaints(config: string): string[] {
	const { config: json } = ts.readConfigFile(join(root, config), (path) => ts.sys.readFile(path)) as {
		config: unknown;
	};
	const { options } = ts.parseJsonConfigFileContent(json, ts.sys, root, undefined, join(root, config));
	const sample = join(root, 'nodes', 'shared', 'sample.ts');
	const text = [
		"import * as n8n from 'n8n-workflow';",
		'export const sample = (context: n8n.ITriggerFunctions) => {',
		...NEWER.map(([line]) => line),
		'};',
	].join('\n');
	const host = ts.createCompilerHost(options);
	const { fileExists, getSourceFile } = host;
	host.fileExists = (path) => path === sample || fileExists(path);
	host.getSourceFile = (path, languageVersion) =>
		path === sample ? ts.createSourceFile(path, text, languageVersion) : getSourceFile(path, languageVersion);
	const program = ts.createProgram([sample], options, host);
	return program
		.getSemanticDiagnostics(program.getSourceFile(sample))
		.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

describe('the nodes compile against the oldest n8n that we name', () => {
	it('so that what only a later n8n has is refused', () => {
		expect(complaints('tsconfig.oldest.json')).toEqual(NEWER.map(([, words]) => expect.stringContaining(words)));
	});

	it('as it is there in the newest', () => {
		expect(complaints('tsconfig.json')).toEqual([]);
	});

	it('whenever somebody runs the lint, nodes and credentials alike', () => {
		const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));
		expect(read('package.json')).toMatchObject({
			scripts: { lint: expect.stringContaining('&& tsc -p tsconfig.oldest.json') },
		});
		expect(read('tsconfig.oldest.json')).toMatchObject({ include: ['nodes', 'credentials'] });
	});
});
