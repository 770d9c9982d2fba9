include $(sort $(wildcard $(BR2_EXTERNAL_CORBEL_PATH)/package/*/*.mk))
