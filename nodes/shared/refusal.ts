import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

/** Why a call starts nothing. Holds nothing of the call, so that it can be logged. */
export class Refusal {
	constructor(
		/** Status code of the answer. */
		readonly status: number,
		/** Continues "the call was refused, ". */
		readonly reason: string,
	) {}
}

/** Answers a call by itself, so that n8n runs nothing for it. */
export function refuse(
	context: IWebhookFunctions,
	{ status, reason }: Refusal,
	headers: object = {},
): IWebhookResponseData {
	respond(context, status, { message: `The call was refused, ${reason}` }, headers);
	return { noWebhookResponse: true };
}

export function respond(context: IWebhookFunctions, status: number, body: object, headers: object = {}): void {
	context
		.getResponseObject()
		.writeHead(status, { 'Content-Type': 'application/json', ...headers })
		.end(JSON.stringify(body));
}

/** Whether the body of a call is JSON, and not too large. n8n has read it by now. @returns why not */
export function checkJsonBody(context: IWebhookFunctions, maxBytes: number): Refusal | undefined {
	const request: { rawBody?: unknown } = context.getRequestObject();
	const { 'content-length': length, 'content-type': type = '' } = context.getHeaderData();
	// Unpacked, where it was sent compressed.
	const bytes = Buffer.isBuffer(request.rawBody) ? request.rawBody.length : Number(length ?? 0);
	if (bytes > maxBytes) return new Refusal(413, `as its body has more than ${maxBytes} bytes`);
	// n8n leaves another body as text, or takes it apart in another way.
	if (!/^application\/json *(;|$)/i.test(type)) return new Refusal(415, 'as its Content-Type is not application/json');
	return undefined;
}
