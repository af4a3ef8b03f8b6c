# Cluster DNS; the build context is the folder of the built program.
FROM scratch
COPY coredns /coredns
USER 65532:65532
ENTRYPOINT ["/coredns"]
