import type { IExecuteFunctions } from 'n8n-workflow';

import type { ClientModule } from './loadClient';

export interface Cancellation {
	/** Aborts when the execution is cancelled (guarantee 7). */
	signal: AbortSignal;
	dispose(): void;
}

/** Many calls listen to the signal at once; n8n's own would warn of a leak, and keeps listeners until the execution ends. */
export function watchCancellation(
	context: Pick<IExecuteFunctions, 'getExecutionCancelSignal'>,
	{ edition }: Pick<ClientModule, 'edition'>,
): Cancellation {
	const controller = new AbortController();
	edition.host.allowManyListeners(controller.signal);
	const abort = () => controller.abort();
	const executionSignal = context.getExecutionCancelSignal();
	executionSignal?.addEventListener('abort', abort, { once: true });
	if (executionSignal?.aborted) abort();
	return {
		signal: controller.signal,
		dispose: () => executionSignal?.removeEventListener('abort', abort),
	};
}
