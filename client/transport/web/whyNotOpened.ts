import { toTransportFailure } from '../failures';
import { stoppedBefore, TransportFailure } from '../transportFailure';

/**
 * Why no WebSocket was opened. The global `WebSocket` does not say, and whether nobody is there, a certificate is not
 * trusted, or somebody refuses makes all the difference for whoever reads the error. So the address is asked once more,
 * without secrets, for nothing but its head.
 * @param address http:// or https://, without a query
 */
export async function whyNotOpened(address: string, signal: AbortSignal): Promise<TransportFailure> {
	// Not the caller's signal: `fetch` would leave its listener there.
	const ending = new AbortController();
	const stop = () => ending.abort();
	signal.addEventListener('abort', stop, { once: true });
	if (signal.aborted) stop();
	try {
		await fetch(address, {
			method: 'HEAD',
			headers: { 'User-Agent': 'n8n-nodes-cognigy' },
			redirect: 'manual',
			credentials: 'omit',
			signal: ending.signal,
		});
		return new TransportFailure('refused', 'it answered, but did not open a WebSocket', false);
	} catch (error) {
		return signal.aborted ? stoppedBefore() : toTransportFailure(error, false);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}
