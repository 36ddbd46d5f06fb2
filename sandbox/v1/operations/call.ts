import type { z } from 'zod/v4';
import { Refusal } from '../../http/answers';
import { wording } from '../../http/problems';
import type { JournalEntry } from '../../journal/journal';

/** A request to the service, as its operations see it. */
export interface Call {
	/** From the path; empty where the operation has none. */
	botId: string;
	flowId: string;
	sessionId: string;
	/** From the query: whether to wait for something to answer. */
	wait: boolean;
	/** Empty: none was sent. */
	bearerToken: string;
	body: CallBody;
	/** Where an operation notes whom and what it recognised. */
	entry: JournalEntry;
	/** Calls a listener once the client is gone or has its answer. */
	onGone(listener: () => void): void;
}

export type CallBody = { json: unknown } | { problem: string };

/** Reads a body. The problem never repeats it: it may hold a password. */
export function readBody(text: string, contentType: string | undefined): CallBody {
	if (text === '') return { problem: 'The body is missing.' };
	if (!/^application\/json\s*(;|$)/i.test(contentType ?? '')) {
		return { problem: 'The body must be sent with "Content-Type: application/json".' };
	}
	try {
		return { json: JSON.parse(text) as unknown };
	} catch {
		return { problem: 'The body is not JSON.' };
	}
}

/** The body in the shape that the operation needs, or a 400 that names what is wrong with it. */
export function bodyAs<Schema extends z.ZodTypeAny>(schema: Schema, { body }: Pick<Call, 'body'>): z.output<Schema> {
	if ('problem' in body) throw new Refusal(400, 'bad_request', body.problem);
	const result = schema.safeParse(body.json, { error: wording });
	if (result.success) return result.data;
	const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'The body'}: ${message}`);
	throw new Refusal(400, 'bad_request', problems.join('; '));
}
