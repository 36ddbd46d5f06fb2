import { CognigyError } from '../errors';
import type { HttpResponse } from '../transport/http';
import { redact, redactedJson } from '../call/serviceText';
import type { FlowOutput } from '../types';
import { isJsonObject, isTooDeep } from '../validation/fields';
import { isWebPage, wordsOfError } from './serviceWords';
import { endpointService } from './statusErrors';
import { restAnswerSchema } from './wire';

/** What a REST endpoint answered. */
export interface RestAnswer {
	/** What the bot said. */
	outputs: FlowOutput[];
	/** Something went wrong: what the service says about it, `: …` or empty. Missing: nothing did. */
	error?: string;
	/** What came where an answer of Cognigy's format should be. */
	foreign?: ForeignAnswer;
}

/** What an output transformer made of the answer. */
export interface ForeignAnswer {
	/** What it is, in words: `a list`. */
	what: string;
	/** As it came; missing: nothing came. */
	data?: unknown;
}

/**
 * Reads a success of a REST endpoint. Its flow ran, whatever the endpoint's transformer made of the answer; only a web
 * page, or JSON that was damaged, comes from somewhere else.
 * @param secrets what must not show should the service repeat it (guarantee 6)
 * @throws {CognigyError} `protocol`, with `mayHaveRun`
 */
export function readRestAnswer(response: HttpResponse, action: string, secrets: readonly string[]): RestAnswer {
	const { status } = response;
	const body = response.body.replace(/^\ufeff/, '');
	const unusable = (problem: string, advice: string) =>
		new CognigyError({
			category: 'protocol',
			message: `${action}: Cognigy's answer cannot be used, ${problem}`,
			advice,
			httpStatus: status,
			mayHaveRun: true,
		});
	if (body.trim() === '') return { outputs: [], foreign: { what: 'nothing' } };
	let answer: unknown;
	try {
		answer = JSON.parse(body);
	} catch {
		const { addressField, name } = endpointService;
		if (isWebPage({ ...response, body })) {
			const advice = `Check ${addressField}: does it point to ${name}, and not to a website or a proxy?`;
			throw unusable('it is not JSON but a web page', advice);
		}
		if (isNoText(body) || beginsAsJson(body)) {
			const advice =
				'It was cut off or changed on its way, or by the output transformer of the endpoint: look at the proxies between n8n and Cognigy, and at the transformer.';
			throw unusable(`it is not JSON${isNoText(body) ? ' and no text' : ', although it begins like it'}`, advice);
		}
		return { outputs: [], foreign: { what: 'text', data: redact(body, secrets) } };
	}
	const outputs = restAnswerSchema.safeParse(answer);
	const error = errorOf(answer, secrets);
	const said = outputs.success ? outputs.data : [];
	if (error !== undefined) return { outputs: said, error };
	return outputs.success ? { outputs: said } : { outputs: [], foreign: foreignJson(answer, body, secrets) };
}

/**
 * Whether an answer of which nobody knows what it looks like tells of an error.
 * @returns what it says about it, `: …` or empty; undefined: it tells of none
 */
export function errorIn({ body }: HttpResponse, secrets: readonly string[]): string | undefined {
	try {
		return errorOf(JSON.parse(body), secrets);
	} catch {
		return undefined;
	}
}

function errorOf(answer: unknown, secrets: readonly string[]): string | undefined {
	if (!isJsonObject(answer) || !saysAnything(answer.error)) return undefined;
	return isTooDeep(answer.error) ? '' : wordsOfError(answer.error, secrets);
}

function foreignJson(answer: unknown, body: string, secrets: readonly string[]): ForeignAnswer {
	if (answer === null) return { what: 'nothing' };
	const isDeep = isTooDeep(answer);
	return {
		what: isDeep ? 'JSON that is nested too deeply' : nameOf(answer),
		data: isDeep ? redact(body, secrets) : redactedJson(answer, secrets),
	};
}

function nameOf(answer: unknown): string {
	if (Array.isArray(answer)) return 'a list';
	switch (typeof answer) {
		case 'string':
			return 'text';
		case 'number':
			return 'a number';
		case 'boolean':
			return 'true or false';
		default:
			return 'JSON of another kind';
	}
}

/** Of an `error` in an answer: whether there is one. An error object can be empty, once it is JSON. */
function saysAnything(error: unknown): boolean {
	return (
		Boolean(error) &&
		!(typeof error === 'string' && error.trim() === '') &&
		!(Array.isArray(error) && error.length === 0)
	);
}

/** Whether there is something in it that no text has: it was packed, or is of another kind. */
function isNoText(body: string): boolean {
	// eslint-disable-next-line no-control-regex -- finding control characters is the purpose
	return /[\u0000-\u0008\u000e-\u001f\ufffd]/.test(body);
}

/** Text may begin with a bracket too, but not go on like JSON. */
function beginsAsJson(body: string): boolean {
	return /^\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:["{[\]\d-]|true\b|false\b|null\b|$)|"[^"]*$)/.test(body.slice(0, 1_000));
}
