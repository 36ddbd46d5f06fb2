import type { IDataObject, INode, INodeProperties } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

import type { CognigyError } from '../../client';
import type { ClientModule } from './loadClient';
import { withFailure, type Failure } from './n8nFeatures';
import { withoutSecrets } from './secretParameters';

/**
 * Whatever was thrown, as an error of the client: that of n8n is about the parameters or the credential.
 * @param advice what the user can do about one of n8n's
 */
export function asCognigyError(
	error: unknown,
	{ CognigyError, invalidInput }: ClientModule,
	advice = 'Check the parameters.',
): CognigyError {
	if (error instanceof CognigyError) return error;
	return invalidInput('', error instanceof Error ? error.message : String(error), advice);
}

/**
 * Turns an error of the client into n8n's: `NodeOperationError` for input that was refused before anything was sent,
 * `NodeApiError` for everything that Cognigy or the way to it answered (docs/guarantees.md#failed-items).
 * @param properties of the node, to call a parameter by its label
 */
export function toNodeError(
	node: INode,
	properties: INodeProperties[],
	error: CognigyError,
	itemIndex?: number,
): NodeApiError | NodeOperationError {
	const { message, advice } = inLabels(error, properties);
	const isRefusedInput = error.category === 'invalidInput' && error.httpStatus === undefined;
	// The editor shows descriptions as HTML.
	const options = { message, description: escapeHtml(advice), ...(itemIndex === undefined ? {} : { itemIndex }) };
	const shown = withoutSecrets(node);
	const nodeError =
		isRefusedInput || error.category === 'cancelled'
			? new NodeOperationError(shown, message, options)
			: new NodeApiError(
					shown,
					{ message },
					withFailure(
						{ ...options, ...(error.httpStatus ? { httpCode: String(error.httpStatus) } : {}) },
						failureOf(error),
					),
				);
	// n8n replaces every message in which it finds something like "EPERM" or "ENOENT", also in the middle of an id.
	nodeError.message = message;
	nodeError.context['data'] = forErrorWorkflows(error);
	return nodeError;
}

/** Of an error, n8n hands `context` on to error workflows; properties that it does not know get lost on some ways. */
function forErrorWorkflows({ category: errorCategory, audit }: CognigyError): IDataObject {
	const { sessionId, taskId } = audit ?? {};
	return { errorCategory, ...(sessionId ? { sessionId } : {}), ...(taskId ? { taskId } : {}) };
}

/** Where the client's word for something is not the name of the parameter that it comes from. */
const PARAMETERS: Readonly<Record<string, string>> = { text: 'input', 'deployment.name': 'snapshot' };

/** Calls the parameter by the label that the user sees: "Bot ID is empty". */
function inLabels(error: CognigyError, properties: INodeProperties[]): { message: string; advice: string } {
	const { parameter, message, advice } = error;
	const property = parameter && propertyOf(parameter, properties);
	if (!property) return { message, advice };
	const { displayName: label } = property;
	const name = parameter.endsWith(property.name) ? parameter : property.name;
	return {
		message: message.startsWith(parameter) ? label + message.slice(parameter.length) : message,
		advice: ['Correct', 'Use'].reduce(
			// Not elsewhere: "endpoint", say, is a word of its own.
			(text, verb) => text.replace(`${verb} ${parameter}`, `${verb} "${label}" (${name})`),
			advice,
		),
	};
}

/** @param parameter `botId`, `options.retries` for one in a collection, or `reply.quietMs` for `replyQuietMs` */
function propertyOf(parameter: string, properties: INodeProperties[]): INodeProperties | undefined {
	const inCamelCase = parameter.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase());
	// `contactIds[0]`: one of several.
	const names = [
		PARAMETERS[parameter] ??
			parameter
				.split('.')
				.at(-1)
				?.replace(/\[\d+\]$/, ''),
		inCamelCase,
	];
	const inCollections = properties
		.filter(({ type }) => type === 'collection')
		.flatMap(({ options }) => (options ?? []) as INodeProperties[]);
	return [...properties, ...inCollections].find(({ name }) => names.includes(name));
}

/** Undefined where nobody but the author of the workflow can mend it. */
function failureOf({ category, retryAfterMs }: CognigyError): Failure | undefined {
	switch (category) {
		case 'rateLimit':
			return { cause: 'rate-limited', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
		case 'authentication':
		case 'permission':
			return { cause: 'credential-invalid' };
		case 'server':
		case 'timeout':
		case 'network':
			return { cause: 'temporarily-unavailable' };
		default:
			return undefined;
	}
}

/** Text as it may stand in a description, which the editor shows as HTML. */
export function escapeHtml(text: string): string {
	return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
