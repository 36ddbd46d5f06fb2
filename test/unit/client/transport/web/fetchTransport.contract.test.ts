import { abortSignalClock } from '../../../../../client/time/abortSignalClock';
import { FetchTransport } from '../../../../../client/transport/web/fetchTransport';
import { httpDifferences, type HttpDifference } from '../../../../editions/httpDifferences';
import { describeTransportContract } from '../../../../support/transportContract';

describeTransportContract(
	'FetchTransport',
	(egress) => new FetchTransport(egress, abortSignalClock),
	Object.keys(httpDifferences) as HttpDifference[],
);
