import type { AttemptDependencies, CallContext } from '../call/attempts';
import { timedOut } from '../call/attempts';
import { backoffMs } from '../call/backoff';
import { CognigyError, cancelled } from '../errors';
import { sleep } from '../time/clock';
import type { TranscriptResult } from '../types';
import type { GetTranscriptRequest } from './inputs';
import { pagesFrom, type Page, type Place } from './lists';
import type { ManagementApi } from './managementApi';
import { messagesOfTranscript } from './transcriptMessages';
import { pageSchema, paths, transcriptRowSchema, type TranscriptRow } from './wire';

export interface TranscriptDependencies extends AttemptDependencies {
	api: ManagementApi;
	/** Empty: that of no project. */
	projectId: string;
}

/** A transcript that does not end is not read further than this. */
const MAX_PAGES = 400;

/**
 * All that was said in a session. The service writes it down with a delay, so a transcript that is not there yet is
 * looked for again and again, with back-off, until `waitSeconds` or the time of the call are over.
 * @throws {CognigyError} `notFound` when there is none then, and `failIfEmpty` is set
 */
export async function getTranscript(
	deps: TranscriptDependencies,
	{ sessionId, waitSeconds, failIfEmpty }: GetTranscriptRequest,
	context: CallContext,
): Promise<Omit<TranscriptResult, 'audit'>> {
	const { clock, random, projectId } = deps;
	const { deadline } = context;
	const waitsUntil = clock.monotonic() + waitSeconds * 1000;
	let transcript = await readRows(deps, sessionId, context);
	for (let looks = 0; transcript.rows.length === 0; looks++) {
		// Half of the back-off for sure: nothing is written down at once.
		const waitMs = waitsUntil - clock.monotonic();
		const pauseMs = Math.min(waitMs, backoffMs(looks, (1 + random()) / 2));
		if (waitMs <= 0 || pauseMs >= deadline.remainingMs()) break;
		try {
			await sleep(clock, pauseMs, deadline.signal);
		} catch {
			const action = `Waiting for the transcript of session "${sessionId}"`;
			throw deadline.end === 'cancelled' ? cancelled(action) : timedOut(action);
		}
		transcript = await readRows(deps, sessionId, context);
	}
	const { rows, warnings } = transcript;
	if (rows.length === 0 && failIfEmpty) throw noTranscript(sessionId, waitSeconds);
	const userId = rows.find(({ contactId }) => contactId !== '')?.contactId;
	return {
		sessionId,
		botId: projectId,
		...(userId === undefined ? {} : { userId }),
		messages: messagesOfTranscript(rows, sessionId),
		...(warnings.length > 0 ? { warnings } : {}),
	};
}

interface Rows {
	rows: TranscriptRow[];
	warnings: string[];
}

/** All rows, also where the service hands them out in pages, which no source tells. */
async function readRows(deps: TranscriptDependencies, sessionId: string, context: CallContext): Promise<Rows> {
	const rows: TranscriptRow[] = [];
	let said = 0;
	const read = async (place: Place): Promise<Page<TranscriptRow>> => {
		const page = await readPage(deps, sessionId, place, context);
		said = Math.max(said, page.total ?? 0);
		// Whoever does not know `skip` begins again.
		const isFirstAgain = place.skip !== undefined && isSame(page.items[0], rows[0]);
		return isFirstAgain ? { items: [] } : page;
	};
	for await (const { items } of pagesFrom({}, read, MAX_PAGES)) rows.push(...items);
	const isCut = rows.length < said;
	const warning = `Cognigy says that the transcript has ${said} entries, and handed out ${rows.length} of them.`;
	return { rows, warnings: isCut ? [warning] : [] };
}

function isSame(one: TranscriptRow | undefined, other: TranscriptRow | undefined): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}

async function readPage(
	{ api, projectId }: TranscriptDependencies,
	sessionId: string,
	{ cursor, skip }: Place,
	context: CallContext,
): Promise<Page<TranscriptRow>> {
	return await api.call(
		{
			method: 'GET',
			path: paths.conversation(sessionId),
			query: {
				...(projectId === '' ? {} : { projectId }),
				...(cursor === undefined ? {} : { next: cursor }),
				...(skip === undefined ? {} : { skip: String(skip) }),
			},
			answer: pageSchema(transcriptRowSchema),
			whenMissing: { items: [] },
			description: {
				subject: `session "${sessionId}"`,
				action: `Reading the transcript of session "${sessionId}"`,
				inputs: 'Session ID',
			},
		},
		context,
	);
}

function noTranscript(sessionId: string, waitSeconds: number): CognigyError {
	const waited = waitSeconds > 0 ? `, also not after ${waitSeconds} s` : '';
	return new CognigyError({
		category: 'notFound',
		message: `There is no transcript of session "${sessionId}"${waited}`,
		advice:
			'Check Session ID, and Project ID of the credential. Cognigy keeps a transcript only where the endpoint collects conversations, writes it a little later (raise Wait for Transcript), and deletes it after 30 days. That there is none does not prove that nothing was said.',
	});
}
