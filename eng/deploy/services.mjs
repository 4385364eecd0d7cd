// Writes deploy/kubernetes/rag/base/services: node services.mjs DIR. Twelve deployments of one image differ in a name and in what they need; the rest is here once.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// What each asks of a node, and what ends it: processor time is not limited, since a limit cuts off bursts of milliseconds however small the mean.
const services = {
  gateway: { cpu: '500m', memory: '512Mi', most: 10 },
  identity: { cpu: '100m', memory: '256Mi', most: 4 },
  documents: { cpu: '250m', memory: '512Mi', most: 6 },
  ingestion: { cpu: '500m', memory: '768Mi', most: 10, scaledByLag: true },
  embedding: { cpu: '1', memory: '1Gi', most: 10 },
  vectors: { cpu: '500m', memory: '1Gi', most: 6 },
  keywords: { cpu: '250m', memory: '768Mi', most: 6 },
  search: { cpu: '500m', memory: '512Mi', most: 8 },
  reranking: { cpu: '500m', memory: '768Mi', most: 8 },
  query: { cpu: '500m', memory: '512Mi', most: 10 },
  generation: { cpu: '250m', memory: '512Mi', most: 8 },
  caching: { cpu: '250m', memory: '512Mi', most: 4 },
};

const yaml = (service, { cpu, memory, most, scaledByLag }) => `# Made by eng/deploy/services.mjs: change it there.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${service}
  labels: &labels { app.kubernetes.io/name: rag, app.kubernetes.io/component: ${service} }
spec:
  replicas: 2
  selector: { matchLabels: *labels }
  strategy: { type: RollingUpdate, rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
  template:
    metadata: { labels: *labels }
    spec:
      # Kubernetes' own variables (QUERY_PORT, RAG_SERVICE_HOST …) would be read as settings that nothing knows.
      enableServiceLinks: false
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 30
      securityContext: { runAsNonRoot: true, runAsUser: 1654, fsGroup: 1654, seccompProfile: { type: RuntimeDefault } }
      topologySpreadConstraints:
        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: { matchLabels: *labels } }
      containers:
        - name: rag
          image: loadline:local
          args: [serve, --services, ${service}, --urls, "http://0.0.0.0:8080", --grpc, "http://0.0.0.0:7001", --data, /data]
          env:
            - { name: RAG_CONFIG, value: /etc/rag/rag.yaml }
          envFrom:
            - configMapRef: { name: rag-peers }
            - secretRef: { name: rag }
          ports:
            - { name: http, containerPort: 8080 }
            - { name: grpc, containerPort: 7001 }
          # Ready once it has rehearsed its calls; alive as long as it answers at all, whatever it depends on.
          startupProbe: { httpGet: { path: /health/ready, port: http }, periodSeconds: 2, failureThreshold: 60 }
          readinessProbe: { httpGet: { path: /health/ready, port: http }, periodSeconds: 5, timeoutSeconds: 2 }
          livenessProbe: { httpGet: { path: /health/live, port: http }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }
          resources:
            requests: { cpu: ${JSON.stringify(cpu)}, memory: ${memory} }
            limits: { memory: ${memory} }
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
          volumeMounts:
            - { name: config, mountPath: /etc/rag, readOnly: true }
            - { name: data, mountPath: /data }
            - { name: tmp, mountPath: /tmp }
      volumes:
        - { name: config, configMap: { name: rag-config } }
        # Engines outside keep everything: what is here may be lost.
        - { name: data, emptyDir: { sizeLimit: 1Gi } }
        - { name: tmp, emptyDir: { sizeLimit: 1Gi } }
---
apiVersion: v1
kind: Service
metadata:
  name: ${service}
  labels: { app.kubernetes.io/name: rag, app.kubernetes.io/component: ${service} }
spec:
  selector: { app.kubernetes.io/name: rag, app.kubernetes.io/component: ${service} }
  ports:
    - { name: http, port: 8080, targetPort: http }
    - { name: grpc, port: 7001, targetPort: grpc, appProtocol: kubernetes.io/h2c }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ${service}
  labels: { app.kubernetes.io/name: rag, app.kubernetes.io/component: ${service} }
spec:
  maxUnavailable: 1
  selector: { matchLabels: { app.kubernetes.io/name: rag, app.kubernetes.io/component: ${service} } }
${scaledByLag ? '' : `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: ${service}
  labels: { app.kubernetes.io/name: rag, app.kubernetes.io/component: ${service} }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: ${service} }
  minReplicas: 2
  maxReplicas: ${most}
  metrics:
    - { type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } } }
  behavior:
    # Up at once, down slowly: what comes back within five minutes finds its replicas still there.
    scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: Percent, value: 100, periodSeconds: 15 }] }
    scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: Pods, value: 1, periodSeconds: 60 }] }
`}`;

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
for (const [service, needs] of Object.entries(services)) writeFileSync(join(folder, `${service}.yaml`), yaml(service, needs));
