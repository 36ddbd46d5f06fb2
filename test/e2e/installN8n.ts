import { installN8n } from '../../n8n-host';
import { n8nMajor } from './support';

void installN8n(n8nMajor);
