import { isJsonObject, isTooDeep, mayHaveLostDigits, readOutput, type FlowOutput } from '../../client';
import { Refusal } from '../shared/refusal';

/** What a call of a Webhook endpoint says (docs/protocol-cognigy-ai.md#webhook-endpoints). */
export interface Post {
	userId: string;
	sessionId: string;
	outputs: FlowOutput[];
}

/** More than any flow says in a turn. */
const MAX_OUTPUTS = 1_000;

/**
 * Reads the body of a call. Cognigy posts one output at a time; who stands in between may gather several, as a list of
 * outputs or of posts.
 */
export function readPosts(body: unknown): Post[] | Refusal {
	const parts = Array.isArray(body) ? body : [body];
	if (parts.length === 0) return new Refusal(400, 'as its list is empty');
	if (parts.length > MAX_OUTPUTS) return tooMany();
	const posts: Post[] = [];
	let count = 0;
	for (const [index, part] of parts.entries()) {
		const post = readPost(part, Array.isArray(body) ? `[${index}]` : '');
		if (post instanceof Refusal) return post;
		posts.push(post);
		count += post.outputs.length;
		if (count > MAX_OUTPUTS) return tooMany();
	}
	return posts;
}

/** @param path of the post in the body, for the refusal */
function readPost(part: unknown, path: string): Post | Refusal {
	if (!isJsonObject(part)) return new Refusal(400, 'as its body is not a JSON object');
	const at = (name: string) => (path ? `${path}.${name}` : name);
	for (const name of ['userId', 'sessionId']) {
		const value = part[name];
		// n8n has read the body: what came as a longer number is another one by now.
		if (typeof value === 'number' && mayHaveLostDigits(value)) {
			return wrongField(at(name), 'is a number beyond 2^53, which loses digits: send it as text');
		}
	}
	const userId = idOf(part.userId);
	if (userId === undefined) return wrongField(at('userId'), 'must be text that is not empty');
	const sessionId = idOf(part.sessionId);
	if (sessionId === undefined) return wrongField(at('sessionId'), 'must be text that is not empty');
	const several = Array.isArray(part.AIOutput);
	const parts: unknown[] = Array.isArray(part.AIOutput) ? part.AIOutput : [part.AIOutput];
	if (parts.length === 0) return wrongField(at('AIOutput'), 'must not be an empty list');
	if (parts.length > MAX_OUTPUTS) return tooMany();
	const outputs: FlowOutput[] = [];
	for (const [index, entry] of parts.entries()) {
		const output = checkedOutput(entry, at(several ? `AIOutput[${index}]` : 'AIOutput'));
		if (output instanceof Refusal) return output;
		outputs.push(output);
	}
	return { userId, sessionId, outputs };
}

function checkedOutput(entry: unknown, path: string): FlowOutput | Refusal {
	if (!isJsonObject(entry)) return wrongField(path, 'must be a JSON object');
	if (isTooDeep(entry)) return wrongField(path, 'is nested too deeply');
	if (textOf(entry.text) === undefined) return wrongField(`${path}.text`, 'must be text');
	return readOutput(entry);
}

function tooMany(): Refusal {
	return new Refusal(413, `as it has more than ${MAX_OUTPUTS} outputs`);
}

/** Names only fields that we look for: what the caller sent must not get into a log. */
function wrongField(path: string, problem: string): Refusal {
	return new Refusal(400, `as its field ${path} ${problem}`);
}

function idOf(value: unknown): string | undefined {
	const text = textOf(value);
	return text === undefined || text.trim() === '' ? undefined : text;
}

/** Text that may be missing, null, or come as a number; undefined: it is something else. */
function textOf(value: unknown): string | undefined {
	if (value === undefined || value === null) return '';
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' ? value : undefined;
}
