import { CognigyError, type CognigyErrorDetails, type ErrorCategory } from '../errors';
import type { HttpResponse } from '../transport/http';
import { retryAfterOf } from './retryAfter';

/** What an error message needs to know about the call that failed. */
export interface CallDescription {
	/** What was called, for "knows no …": `bot "b1"`. */
	subject: string;
	/** What was being done, for "… failed": `Reading the versions of bot "b1"`. */
	action: string;
	/** Parameters to look at when the service calls the request malformed: `Bot ID`. */
	inputs: string;
}

/** An answer that is not a success. */
export interface FailedAnswer<Call extends CallDescription> {
	response: HttpResponse;
	status: number;
	call: Call;
	/** The service's own words: `: …`, or empty. */
	said: string;
	/** How long it asks to wait, if it does… */
	retryAfter: Pick<CognigyErrorDetails, 'retryAfterMs'>;
	/** …and in words: `; it asks to wait 7 s`, or empty. */
	wait: string;
}

type Meaning<Call extends CallDescription> = (answer: FailedAnswer<Call>) => CognigyErrorDetails;

/** What the statuses of a platform mean. */
export interface StatusTable<Call extends CallDescription> {
	/** Those with a meaning of their own. */
	byStatus: Readonly<Partial<Record<number, Meaning<Call>>>>;
	/** 3xx */
	redirect: Meaning<Call>;
	/** 5xx and 408: a passing fault of the service. */
	serverFault: Meaning<Call>;
	/** All others. */
	unexpected: Meaning<Call>;
}

/**
 * @param response that is not a success; what the call itself makes of its status comes before
 * @param wallTimeMs now, in ms since 1970, for `Retry-After` dates
 * @param secrets what must not show should the service repeat it (guarantee 6)
 */
export type StatusError<Call extends CallDescription> = (
	response: HttpResponse,
	call: Call,
	wallTimeMs: number,
	secrets: readonly string[],
) => CognigyError;

/**
 * Makes errors of answers, as a table says.
 * @param quote the service's own words in the body of an error, fit to be shown at the end of a message
 */
export function statusErrors<Call extends CallDescription>(
	table: StatusTable<Call>,
	quote: (body: string, secrets: readonly string[]) => string,
): StatusError<Call> {
	return (response, call, wallTimeMs, secrets) => {
		const { status, headers, body } = response;
		const retryAfterMs = retryAfterOf(headers, wallTimeMs);
		const meaning = meaningOf(table, status);
		const details = meaning({
			response,
			status,
			call,
			said: quote(body, secrets),
			retryAfter: retryAfterMs === undefined ? {} : { retryAfterMs },
			wait: retryAfterMs === undefined ? '' : `; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`,
		});
		return new CognigyError({ ...details, httpStatus: status });
	};
}

function meaningOf<Call extends CallDescription>(table: StatusTable<Call>, status: number): Meaning<Call> {
	const own = status === 407 ? proxyLogin : table.byStatus[status];
	if (own) return own;
	if (status >= 300 && status < 400) return table.redirect;
	return status >= 500 || status === 408 ? table.serverFault : table.unexpected;
}

function proxyLogin({ call }: FailedAnswer<CallDescription>): CognigyErrorDetails {
	return {
		category: 'network',
		message: `${call.action} failed: the proxy in between asks for a login (407)`,
		advice: 'Put user name and password of the proxy into HTTP_PROXY or HTTPS_PROXY of n8n.',
	};
}

/** `Reading bot "b1" failed: what (400): what the service said` */
export function failed(
	{ call, status, said }: FailedAnswer<CallDescription>,
	category: ErrorCategory,
	what: string,
	advice: string,
): CognigyErrorDetails {
	return { category, message: `${call.action} failed: ${what} (${status})${said}`, advice };
}
