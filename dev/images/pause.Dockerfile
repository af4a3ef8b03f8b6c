# The container that holds a pod's namespaces; the build context is the folder of the built program.
FROM scratch
COPY pause /pause
USER 65532:65532
ENTRYPOINT ["/pause"]
