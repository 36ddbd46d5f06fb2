import { withAttempts, type CallContext } from '../../call/attempts';
import { isPassingFault } from '../../call/retry';
import { CognigyError } from '../../errors';
import { sleep } from '../../time/clock';
import { projectMissing } from '../lists';
import { paths } from '../wire';
import type { ReleaseDependencies } from './deployed';
import type { FileDownloads } from './downloads';
import { waitForTask, type TaskDependencies } from './tasks';
import type { ExportedPackage } from './types';
import { linkSchema, taskSchema } from './wire';

export interface ExportDependencies extends ReleaseDependencies, TaskDependencies {
	files: FileDownloads;
}

export interface ExportRequest {
	packageName: string;
	resourceIds: readonly string[];
	maxFileMegabytes: number;
}

const MEGABYTE = 1024 * 1024;
/** Between two questions for a link that is not ready, in ms: the first pause, and the longest one. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Makes a package of resources, and gets its file (docs/protocol-cognigy-ai.md#packages). The link to the file works once, so
 * each attempt asks for a new one.
 * @throws {CognigyError} `rejected` when the service does not make it; with `mayHaveRun` when it was, or may have been, made
 *   all the same
 */
export async function exportPackage(
	deps: ExportDependencies,
	{ packageName: name, resourceIds, maxFileMegabytes }: ExportRequest,
	context: CallContext,
): Promise<ExportedPackage> {
	const { api, projectId } = deps;
	if (projectId === '') throw projectMissing('resources');
	const action = `Making package "${name}"`;
	const begun = await api.call(
		{
			method: 'POST',
			path: paths.packages,
			body: JSON.stringify({ projectId, name, resourceIds }),
			answer: taskSchema,
			once: {
				mayHave: 'The package may have been made, or may still be made',
				lookup: 'Look at the packages of the project in Cognigy.AI.',
			},
			description: { subject: `project "${projectId}"`, action, inputs: 'Package Name and Resource IDs' },
		},
		context,
	);
	const { taskId, data } = await waitForTask(
		deps,
		begun,
		{ action, mayHave: 'The package may still be made' },
		context,
	);
	const { packageId } = data;
	if (packageId === undefined) {
		throw new CognigyError({
			category: 'protocol',
			message: `${action}: Cognigy says that it is done (task ${taskId}), but not which package it is`,
			advice: 'Look at the packages of the project in Cognigy.AI.',
			mayHaveRun: true,
		});
	}
	const wanted = { packageId, name, maxBytes: maxFileMegabytes * MEGABYTE };
	const bytes = await getFile(deps, wanted, context).catch((error: unknown) => {
		throw error instanceof CognigyError ? madeWithoutFile(error, wanted) : error;
	});
	return { packageId, name, taskId, file: { name: fileName(name), bytes }, botId: projectId };
}

interface WantedFile {
	packageId: string;
	name: string;
	maxBytes: number;
}

async function getFile(deps: ExportDependencies, { packageId, name, maxBytes }: WantedFile, context: CallContext) {
	const action = `Downloading package "${name}"`;
	return await withAttempts(deps, context, { action, isRepeatable: isPassingFault }, async () => {
		const url = await linkTo(deps, packageId, context);
		const bytes = await deps.files.get({ url, maxBytes, action }, context);
		if (isZip(bytes)) return bytes;
		throw new CognigyError({
			category: 'protocol',
			message: `${action} failed: what came is no zip file (${bytes.byteLength} bytes)`,
			advice: 'Try again later, or download the package in Cognigy.AI.',
			// Files that are not complete yet have been seen.
			isTransient: true,
		});
	});
}

/** Asks until it is ready: a conflict (409) says that it is not. A safe call: it makes nothing but a link. */
async function linkTo(deps: ExportDependencies, packageId: string, context: CallContext): Promise<string> {
	const { api, clock } = deps;
	const subject = `package "${packageId}"`;
	const description = { subject, action: `Asking for the file of ${subject}`, inputs: 'Resource IDs' };
	const call = { method: 'POST', path: paths.packageLink(packageId), answer: linkSchema, description } as const;
	for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
		try {
			return (await api.call({ ...call, isConfidential: true }, context)).downloadLink;
		} catch (error) {
			const isReady = !(error instanceof CognigyError) || error.httpStatus !== 409;
			if (isReady || context.deadline.remainingMs() <= pause) throw error;
		}
		context.onProgress?.(`The file of ${subject} is not ready yet`);
		await sleep(clock, pause, context.deadline.signal);
	}
}

/** As every zip file begins, also an empty one. */
function isZip(bytes: Uint8Array): boolean {
	return bytes.byteLength > 4 && bytes[0] === 0x50 && bytes[1] === 0x4b;
}

function madeWithoutFile(error: CognigyError, { packageId, name }: WantedFile): CognigyError {
	return error.with({
		message: `${error.message}. Package "${name}" was made (${packageId}), but its file did not come`,
		advice: `Download it in Cognigy.AI; another run of the node makes another package. ${error.advice}`,
		mayHaveRun: true,
	});
}

/** A name that every file system takes. */
function fileName(name: string): string {
	const plain = name.replace(/[^\p{L}\p{N}._ -]/gu, '_').replace(/^[. ]+|[. ]+$/g, '');
	return `${plain || 'package'}.zip`;
}
