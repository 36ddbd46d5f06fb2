import type { WireAnswer } from '../../http/answers';
import { htmlPage } from '../faults/instead';
import type { EndpointErrorForm } from '../options';
import { WordlessRefusal, type Refusal } from '../refusal';
import { jsonAnswer } from '../serve';

/**
 * The Endpoint service says no, in one of the forms that clients have to expect
 * (docs/protocol-cognigy-ai.md#rest-endpoints).
 */
export function endpointError(refusal: Refusal, form: EndpointErrorForm): WireAnswer {
	const { status, message, headers } = refusal;
	if (refusal instanceof WordlessRefusal) return { status, headers, body: '' };
	switch (form) {
		case 'text':
			return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: message };
		case 'html':
			return htmlPage(status);
		default:
			return jsonAnswer(status, { [form]: message }, headers);
	}
}
